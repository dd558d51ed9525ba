// What the page asks of the tenant's files and folders: which of them, in which order, a page at a time.
import { graph } from "./api.js";

const FILE = `id name contentType detectedType sizeBytes sha256 state finding basicCheckOnly held createdAt
  trashedAt tags folder { id path } thumbnail { state }`;
const FILES = `query($filter: FileFilter, $order: FileOrder, $after: String) {
  files(filter: $filter, order: $order, first: 50, after: $after) {
    nodes { ${FILE} } pageInfo { hasNextPage endCursor } } }`;
const FOLDERS = `query($filter: FolderFilter, $after: String) {
  folders(filter: $filter, order: NAME, first: 100, after: $after) {
    nodes { id name path } pageInfo { hasNextPage endCursor } } }`;

/** What of it is in the address of the page. */
const ASKED = { at: "/", name: "", tag: "", state: "", kind: "", order: "NEWEST_FIRST", view: "list", trash: "" };

/** Read what is shown from the address. */
export function read() {
  const given = new URLSearchParams(location.search);
  return Object.fromEntries(Object.entries(ASKED).map(([key, other]) => [key, given.get(key) || other]));
}

/** Write what is shown to the address. */
export function address(shown) {
  const said = Object.entries(shown).filter(([key, value]) => value !== ASKED[key]);
  const query = new URLSearchParams(said).toString();
  return `${location.pathname}${query ? `?${query}` : ""}`;
}

/** Say whether something narrows the list: then it is of all folders. */
export const narrowed = ({ name, tag, state, kind }) => Boolean(name || tag || state || kind);

/** Return the id of the folder at a path; null at the root. Throws Failure. */
export async function folderAt(path) {
  if (path === "/") return null;
  const data = await graph("query($path: String!) { folderByPath(path: $path) { id } }", { path });
  return data.folderByPath.id;
}

/** Return a page of files: { nodes, pageInfo }. */
export async function filesOf(shown, folderId, after = null) {
  const filter = {};
  // Words are found in texts, too; anything else is a part of a name.
  if (shown.name) filter[/[\p{L}\p{N}]/u.test(shown.name) ? "text" : "nameContains"] = shown.name;
  if (shown.tag) filter.tag = shown.tag;
  if (shown.state) filter.state = shown.state;
  if (shown.kind) filter.contentType = shown.kind;
  if (shown.trash) filter.trashed = true;
  else if (!narrowed(shown)) Object.assign(filter, inFolder("folderId", folderId));
  return (await graph(FILES, { filter, order: shown.order, after })).files;
}

/** Return a page of folders: those in one, or those in the trash. */
export async function foldersOf({ trash = "" }, folderId, after = null) {
  const filter = trash ? { trashed: true } : inFolder("parentId", folderId);
  return (await graph(FOLDERS, { filter, after })).folders;
}

const inFolder = (name, id) => (id ? { [name]: id } : { atRoot: true });
