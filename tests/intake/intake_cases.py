"""The real ontology, and a few workflows that share names."""

from __future__ import annotations

from functools import cache

from kg_service.data import data_folder
from kg_service.model.terms import KG, ODA
from kg_service.model.values import Kind, Value
from kg_service.model.workflow import Input, Output, Workflow, WorkflowStatus
from kg_service.vocabulary.catalogue import load


@cache
def catalogue():
    return load(data_folder("ontology"))


def workflow(name, *inputs, output=ODA + "Spectrum", status=WorkflowStatus.ACTIVE, version="0" * 12):
    return Workflow(name, version, "0" * 64, name, name, inputs, (Output("out", output),), status=status)


JOINT = workflow(
    "sed-joint",
    Input("joint_fit", ODA + "Boolean", default=Value(Kind.BOOLEAN, "false")),
    Input("spectrum", ODA + "Spectrum", is_product=True),
)
CUTS = workflow(
    "lat-cuts",
    Input("threshold", ODA + "Energy_MeV", unit="MeV"),
    Input("catalogue_entry", KG + "FermiCatalogueName"),
    Input("joint_fit", ODA + "Boolean"),
    Input("begin", ODA + "StartTimeMJD"),
)
BINS = workflow("curve-bins", Input("threshold", ODA + "Float"), output=ODA + "LightCurve")
OLD = workflow("old", Input("forgotten", ODA + "Float"), status=WorkflowStatus.WITHDRAWN)
WORKFLOWS = (JOINT, CUTS, BINS, OLD)
