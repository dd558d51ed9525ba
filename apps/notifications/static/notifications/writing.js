// Shows what is written as it would be sent: the form is posted into each frame, where nothing runs.
"use strict";

(() => {
  const PAUSE_MS = 500;
  const TURN_MS = 100;
  const form = document.getElementById("notif-writing");
  const shown = document.querySelector(".notif-shown");
  let waiting = 0;

  const post = (frame, theme) => {
    // A new frame each time: one that is used again would fill the way back of the browser.
    const fresh = frame.cloneNode();
    fresh.className = `notif-${theme}`;
    frame.replaceWith(fresh);
    const button = document.createElement("button");
    Object.assign(button, { formTarget: fresh.name, formAction: `draft/?theme=${theme}`, hidden: true });
    form.append(button);
    form.requestSubmit(button);
    button.remove();
  };

  const show = () => {
    const theme = shown.querySelector("input:checked").value;
    // One after another: what a form has not begun to send is forgotten when it sends again.
    shown.querySelectorAll("iframe").forEach((frame, turn) => setTimeout(post, turn * TURN_MS, frame, theme));
  };

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, PAUSE_MS);
  });
  shown.addEventListener("change", show);
  show();
})();
