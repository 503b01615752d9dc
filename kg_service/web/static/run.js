// Follows a run by its events, and shows the answer when it is there.
"use strict";
for (const box of document.querySelectorAll(".run[data-events]")) {
  const bar = box.querySelector("progress");
  const message = box.querySelector(".message");
  const events = new EventSource(box.dataset.events);
  events.addEventListener("progress", (event) => {
    const data = JSON.parse(event.data);
    if (data.fraction !== null) bar.value = data.fraction;
    if (data.message) message.textContent = data.message;
  });
  events.addEventListener("end", (event) => {
    events.close();
    // Asking again after a failure would run it again: show the run instead.
    if (JSON.parse(event.data).phase === "COMPLETED") location.reload();
    else location.assign(box.dataset.run);
  });
}
