// Files as people give them: dropped, pasted or chosen, alone or with the folders they are in.

/** Return [{ file, folders }] of what was dropped: `folders` are the names of those that it was in. */
export async function filesOf(transfer) {
  // All entries are asked for at once: after the first wait the browser has forgotten them.
  const entries = [...transfer.items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const found = [];
  for (const entry of entries) {
    if (entry instanceof File) found.push({ file: entry, folders: [] });
    else if (entry) await walk(entry, [], found);
  }
  return found;
}

async function walk(entry, folders, found) {
  if (entry.isFile) {
    found.push({ file: await new Promise((done, failed) => entry.file(done, failed)), folders });
    return;
  }
  const reader = entry.createReader();
  // It tells some at a time, and nothing at the end.
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!some.length) return;
    for (const one of some) await walk(one, [...folders, entry.name], found);
  }
}

/** Return the same of what was chosen in a field; a folder's files tell their paths. */
export function filesChosen(files) {
  return [...files].map((file) => ({ file, folders: (file.webkitRelativePath || file.name).split("/").slice(0, -1) }));
}

/** Let files be dropped anywhere on the page and pasted into it, and call `take` with them. */
export function takeFiles(place, take) {
  const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  let depth = 0;
  const mark = (more) => {
    depth = Math.max(0, depth + more);
    place.classList.toggle("files-dropping", depth > 0);
  };
  addEventListener("dragenter", (event) => carries(event) && mark(1));
  addEventListener("dragleave", (event) => carries(event) && mark(-1));
  addEventListener("dragover", (event) => carries(event) && event.preventDefault());
  addEventListener("drop", async (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    mark(-depth);
    take(await filesOf(event.dataTransfer));
  });
  addEventListener("paste", (event) => {
    if (!event.clipboardData?.files.length) return;
    event.preventDefault();
    take(filesChosen(event.clipboardData.files));
  });
}

/** Ask for files by the browser's own dialog. */
export function choose(take, { folder = false, several = true } = {}) {
  const input = document.createElement("input");
  Object.assign(input, { type: "file", multiple: several, webkitdirectory: folder });
  input.addEventListener("change", () => take(filesChosen(input.files)));
  input.click();
}
