"""The main job, shown on real figures: ask, reuse, explain, follow the history.

Runs the ``kg`` command as a user would, in a data folder made anew, with archives forbidden
(``KG_ONLINE=0``). Ends with exit code 0 only when every step did what it is here to show.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

OUTPUT = Path("demo-output")
KG = Path(sys.executable).with_name("kg")
TXS = "object=TXS 0506+056"
DERIVED_FROM_4FGL = """
SELECT ?product ?label ?made WHERE {
  ?dataset kg:name "fermi_4fgl_dr4_selected.ecsv" .
  ?product a kg:Product ; prov:wasDerivedFrom+ ?dataset ; rdfs:label ?label ; prov:generatedAtTime ?made
} ORDER BY ?made
"""
LINEAGE = """
SELECT ?what ?label WHERE {
  <%s> (prov:wasDerivedFrom|prov:wasGeneratedBy/prov:used)+ ?what .
  { ?what a kg:Product ; rdfs:label ?label } UNION { ?what a kg:Dataset ; dct:title ?label }
} ORDER BY ?what
"""


def environment() -> dict[str, str]:
    """A data folder of our own, no archives, no settings of the person who runs this."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("KG_")}
    return kept | {"KG_DATA": str(OUTPUT / "data"), "KG_ONLINE": "0"}


def kg(*arguments: str, shown: int = 24) -> str:
    """Run ``kg`` as typed, show what a person sees and give it back; stop when it fails."""
    print(f"\n$ {shlex.join(['kg', *(' '.join(a.split()) for a in arguments)])}", flush=True)
    begun = time.monotonic()
    done = subprocess.run([KG, *arguments], env=environment(), capture_output=True, text=True, check=False)
    lines = (done.stdout + done.stderr).splitlines()
    print("\n".join(f"  {line}" for line in lines[:shown]))
    if len(lines) > shown:
        print(f"  ... {len(lines) - shown} more lines")
    print(f"  ({time.monotonic() - begun:.1f} s)", flush=True)
    if done.returncode:
        sys.exit(f"kg {arguments[0]} ended with exit code {done.returncode}")
    return done.stdout


def answer(*arguments: str) -> dict[str, object]:
    """The answer of a request as JSON."""
    done = subprocess.run(
        [KG, "ask", *arguments, "--json"], env=environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    content: dict[str, object] = json.loads(done.stdout)
    return content


def expect(condition: object, what: str) -> None:
    """Say what was checked, or stop."""
    if not condition:
        sys.exit(f"NOT as expected: {what}")
    print(f"  ✓ {what}", flush=True)


def reused(first: tuple[str, ...], other: tuple[str, ...], what: str) -> None:
    """Two requests in different words give one product, the second by reuse."""
    one, two = answer(*first), answer(*other)
    expect(two["reused"] and two["product"]["id"] == one["product"]["id"], what)  # type: ignore[index]


def main() -> None:
    """Show the seven things the house is for."""
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    print("1. A spectrum: the name is resolved, a workflow found by what it makes, the figures analysed")
    kg("ask", "Spectrum", TXS, "--out", str(OUTPUT / "1-spectrum"))
    print("\n2. A gamma-ray light curve, found by reasoning: the workflow only says LightCurve, Fermi-LAT")
    kg("ask", "GammaRayLightCurve", "object=Mrk 421", "--out", str(OUTPUT / "2-light-curve"))
    print("\n3. Two instruments: a chain of four workflows, found from their types alone")
    kg("ask", "MultiInstrumentSpectrum", TXS, "--out", str(OUTPUT / "3-multi-instrument"))
    print("\n4. A gravitational wave")
    kg("ask", "Spectrogram", "event=GW150914", "detector=H1", "--out", str(OUTPUT / "4-spectrogram"))
    print("\n5. The same meaning in other words, from other processes: reuse")
    kg("ask", "Spectrum", "object=4FGL J0509.4+0542")
    curve = ("GammaRayLightCurve", "object=Mrk 421")
    reused(
        (*curve, "t1=2008-08-01T00:00:00", "t2=2023-01-01"),
        ("GammaRayLightCurve", "object=Markarian 421", "t1=MJD54679", "t2=MJD59945.0"),
        "MJD instead of ISO, another name: the same light curve",
    )
    spectrum = ("Spectrum", TXS)
    reused(
        (*spectrum, "e_min=100 MeV"), (*spectrum, "e_min=100000 keV"), "keV instead of MeV: the same spectrum"
    )
    print("\n6. Why not")
    kg("explain", "LightCurve", "object=Mrk 421", "instrument=POLAR")
    print("\n7. History")
    product = str(answer("MultiInstrumentSpectrum", TXS)["product"]["id"])  # type: ignore[index]
    told = kg("provenance", product, "--as", "text", shown=30)
    expect(told.count("derived from") >= 3, "the history goes down to the resolved name")
    print("\n   Everything derived from 4FGL-DR4:")
    kg("sparql", DERIVED_FROM_4FGL, "--as", "csv")
    print("\n   The full lineage of the multi-instrument spectrum:")
    kg("sparql", LINEAGE % product, "--as", "csv")
    pictures = sorted(OUTPUT.glob("*/*.png"))
    print(f"\nPictures to look at: {', '.join(map(str, pictures))}")
    print(f"To go on with these products: export KG_DATA={OUTPUT / 'data'}; then .venv/bin/kg, or make serve")


if __name__ == "__main__":
    main()
