// The uploader in the back office: files are chosen or dropped, and followed until they are judged.
import { choose, takeFiles } from "./dropping.js";
import { TransferView } from "./transfer_view.js";
import { Queue } from "./transfers.js";

const place = document.querySelector("[data-files]");
const queue = new Queue();
const take = (found) => found.forEach(({ file }) => queue.add(file));

new TransferView(place.querySelector("[data-uploads]"), queue);
takeFiles(place, take);
place.querySelector("[data-add]").addEventListener("click", () => choose(take));
queue.addEventListener("change", () => {
  place.querySelector("[data-again]").hidden = !queue.transfers.some(({ state }) => state === "done");
});
