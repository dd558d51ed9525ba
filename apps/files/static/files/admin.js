// The back office: pictures in the list of files, the preview on the page of one.
import { preview } from "./preview.js";

for (const picture of document.querySelectorAll(".files-picture-small")) {
  const hide = () => (picture.hidden = true);
  picture.addEventListener("error", hide);
  if (picture.complete && !picture.naturalWidth) hide();
}

for (const place of document.querySelectorAll("[data-preview]")) {
  const { file, ...at } = JSON.parse(place.dataset.preview);
  preview(place, file, at);
}
