// Shows what is written as it would be sent: the form is posted into each frame, where nothing runs.
"use strict";

(() => {
  const PAUSE_MS = 500;
  const form = document.getElementById("notif-writing");
  const shown = document.querySelector(".notif-shown");
  let waiting = 0;
  let round = 0;

  const post = (frame, theme, then) => {
    // A new frame each time: one that is used again would fill the way back of the browser.
    const fresh = frame.cloneNode();
    fresh.className = `notif-${theme}`;
    frame.replaceWith(fresh);
    fresh.addEventListener("load", then, { once: true });
    const button = document.createElement("button");
    Object.assign(button, { formTarget: fresh.name, formAction: `draft/?theme=${theme}`, hidden: true });
    form.append(button);
    form.requestSubmit(button);
    button.remove();
  };

  const show = () => {
    const theme = shown.querySelector("input:checked").value;
    const frames = [...shown.querySelectorAll("iframe")];
    const mine = ++round;
    // One after the other has come: what a form has not begun to send is forgotten when it sends
    // again, and on a busy machine it begins late.
    const next = () => {
      if (mine === round && frames.length) post(frames.shift(), theme, next);
    };
    next();
  };

  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(show, PAUSE_MS);
  });
  shown.addEventListener("change", show);
  show();
})();
