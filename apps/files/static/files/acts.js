// What is done to a selection: moved, put into the trash and back, removed; each told, and undone where it can be.
import { AT_ONCE, change, changeMany, contentOf, graph } from "./api.js";
import { announce, button, land } from "./dom.js";
import { askFolder, askText, askYes } from "./dialogs.js";

const toast = document.querySelector("[data-toast]");

/** Say what was done, with a way back that stays until something else is done. */
function say(text, undo = null) {
  const held = toast.contains(document.activeElement);
  const dismiss = () => {
    toast.replaceChildren();
    land();
  };
  toast.replaceChildren(text, undo ? button("Undo", undo) : "", button("Dismiss", dismiss, { label: "Dismiss this message" }));
  if (held) toast.querySelector("button").focus();
}

const counted = ({ files, folders }) => {
  const all = [...folders, ...files];
  return all.length === 1 ? all[0].name : `${all.length} items`;
};
const ids = (rows) => rows.map(({ id }) => id);

export class Acts {
  /** `reload` shows the list anew, and `place` says where the page is: { id, path }. */
  constructor({ reload, place }) {
    Object.assign(this, { reload, place });
  }

  /** Do it to folders one by one and to files together; what was done to is returned. */
  async each(selection, { folder, file, more = {}, folderMore = more }) {
    const done = { files: [], folders: [] };
    let failure = null;
    for (const one of selection.folders) {
      try {
        await change(folder, { id: one.id, ...folderMore });
        done.folders.push(one);
      } catch (error) {
        failure ??= error;
      }
    }
    if (selection.files.length) {
      try {
        const told = await changeMany(file, ids(selection.files), more);
        done.files = selection.files.filter(({ id }) => told.done.includes(id));
        failure ??= told.problem;
      } catch (error) {
        failure ??= error;
      }
    }
    await this.reload();
    return { done, failure };
  }

  tell({ done, failure }, words, undo) {
    const any = done.files.length + done.folders.length;
    if (failure) say(`${any ? `${words}, but not all: ` : ""}${failure.message}`, any ? undo : null);
    else say(`${words}.`, undo);
  }

  trash = async (selection) => {
    const told = await this.each(selection, { folder: "trashFolder", file: "trashFiles" });
    this.tell(told, `${counted(told.done)} moved to the trash`, () => this.restore(told.done));
  };

  restore = async (selection) => {
    const told = await this.each(selection, { folder: "restoreFolder", file: "restoreFiles" });
    this.tell(told, `${counted(told.done)} restored`, () => this.trash(told.done));
  };

  move = async (selection) => {
    const target = await askFolder(`Move ${counted(selection)}`, { at: this.place().path, without: ids(selection.folders) });
    if (target) await this.moveTo(selection, target);
  };

  async moveTo(selection, { id, path }) {
    // Where each was, for the way back: of a search they may be from many folders.
    const before = Map.groupBy(selection.files, ({ folder }) => folder?.id ?? null);
    const from = this.place();
    const told = await this.each(selection, { folder: "moveFolder", file: "moveFiles", more: { folderId: id }, folderMore: { parentId: id } });
    const moved = new Set(ids(told.done.files));
    this.tell(told, `${counted(told.done)} moved to ${path === "/" ? "the root" : path}`, async () => {
      for (const [folderId, files] of before) {
        await changeMany("moveFiles", ids(files).filter((one) => moved.has(one)), { folderId });
      }
      for (const one of told.done.folders) await change("moveFolder", { id: one.id, parentId: from.id });
      await this.reload();
      say("Moved back.");
    });
  }

  erase = async (selection) => {
    const yes = await askYes(`Delete ${counted(selection)} for ever?`, ["All versions go with it. Nobody can bring it back."], { yes: "Delete for ever" });
    if (!yes) return;
    const told = await this.each(selection, { folder: "deleteFolder", file: "deleteFiles" });
    this.tell(told, `${counted(told.done)} deleted for ever`, null);
  };

  /** Fetch one file as it is, several or a folder as a zip. */
  download = ({ files, folders }) => {
    const link = document.createElement("a");
    if (folders.length) link.href = `/files/api/zip/?folder=${folders[0].id}`;
    else if (files.length === 1) [link.href, link.download] = [contentOf(files[0].id), files[0].name];
    else link.href = `/files/api/zip/?ids=${ids(files).join(",")}`;
    link.click();
    announce("The download begins.");
  };

  newFolder = async () => {
    const name = await askText("New folder", "Name", { yes: "Make it" });
    if (!name) return;
    try {
      await change("createFolder", { name, parentId: this.place().id });
      await this.reload();
      say(`The folder ${name} is made.`);
    } catch (error) {
      say(error.message);
    }
  };

  renameFolder = async (folder) => {
    const name = await askText(`Rename ${folder.name}`, "Name", { value: folder.name, yes: "Rename" });
    if (!name || name === folder.name) return;
    try {
      await change("updateFolder", { id: folder.id, name });
      await this.reload();
    } catch (error) {
      say(error.message);
    }
  };
}

/** Say why a selection cannot be downloaded at once; nothing if it can. */
export function undownloadable({ files, folders }) {
  if (folders.length > 1 || (folders.length && files.length)) return "A zip is of one folder, or of files.";
  return files.length > AT_ONCE ? `A zip is of at most ${AT_ONCE} files.` : "";
}

/** Returns the ids of folders by their paths below one, made where they are not there. */
export class Nest {
  constructor({ id, path }) {
    this.path = path === "/" ? "" : path;
    this.known = new Map([["", Promise.resolve(id)]]);
  }

  folder(names) {
    const key = names.join("/");
    if (!this.known.has(key)) this.known.set(key, this.make(names, key));
    return this.known.get(key);
  }

  async make(names, key) {
    const parentId = await this.folder(names.slice(0, -1));
    try {
      return (await change("createFolder", { name: names.at(-1), parentId }, "folder { id }")).folder.id;
    } catch (error) {
      if (error.code !== "CONFLICT") throw error;
      const data = await graph("query($path: String!) { folderByPath(path: $path) { id } }", { path: `${this.path}/${key}` });
      return data.folderByPath.id;
    }
  }
}
