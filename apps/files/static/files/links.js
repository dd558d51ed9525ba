// Share links of a file: for people without an account.
import { change } from "./api.js";
import { announce, button, h } from "./dom.js";
import { when } from "./words.js";

/** Make the part of the details about links. */
export function linksOf(details, file, links) {
  const section = h("section", { "aria-labelledby": "files-links" }, h("h3", { id: "files-links" }, "Share links"));
  const fresh = h("div", { class: "files-fresh", role: "status" });
  section.append(fresh, form(details, file, fresh));
  if (links.length) section.append(h("ul", { class: "files-links" }, links.map((one) => row(details, one))));
  // What was just made is shown until the details are closed: its address is told once.
  if (details.made?.fileId === file.id) fresh.append(...told(details.made.url));
  return section;
}

function form(details, file) {
  const days = h("input", { type: "number", name: "days", min: 1, max: 366, value: 7, required: true, class: "files-field" });
  const most = h("input", { type: "number", name: "most", min: 1, max: 1_000_000, class: "files-field", placeholder: "any number" });
  const password = h("input", { type: "text", name: "password", maxlength: 128, autocomplete: "off", class: "files-field", placeholder: "none" });
  const note = h("input", { type: "text", name: "note", maxlength: 200, autocomplete: "off", class: "files-field" });
  const made = h(
    "form",
    { class: "files-form files-columns" },
    h("label", {}, "Good for days", days),
    h("label", {}, "Downloads", most),
    h("label", {}, "Password", password),
    h("label", {}, "Note", note),
    h("button", { class: "files-button", "data-keep": "link" }, "Create a link"),
  );
  made.addEventListener("submit", (event) => {
    event.preventDefault();
    const input = { fileId: file.id, expiresAt: new Date(Date.now() + 86_400_000 * Number(days.value)).toISOString() };
    if (most.value) input.mostDownloads = Number(most.value);
    if (password.value) input.password = password.value;
    if (note.value) input.note = note.value;
    details.run(async () => {
      const { url } = await change("createShareLink", input, "url");
      details.made = { fileId: file.id, url: new URL(url, location.href).href };
    }, "The link is made. Its address is shown once: copy it now.");
  });
  return made;
}

function told(url) {
  const field = h("input", { type: "text", readonly: true, value: url, "aria-label": "Address of the link", class: "files-field", onfocus: () => field.select() });
  const copy = button("Copy", async () => {
    await navigator.clipboard.writeText(url);
    announce("Copied.");
    copy.textContent = "Copied";
  });
  return [h("p", {}, "Copy it now: it is shown once."), h("div", { class: "files-acts" }, field, copy)];
}

function row(details, { id, note, expiresAt, mostDownloads, downloads, protected: locked }) {
  const counted = mostDownloads ? `${downloads} of ${mostDownloads} downloads` : `${downloads} download${downloads === 1 ? "" : "s"}`;
  const name = note || "A link";
  return h(
    "li",
    {},
    h("p", {}, h("strong", {}, name), locked ? h("span", { class: "files-badge files-busy" }, "password") : ""),
    h("p", { class: "files-quiet" }, `${counted} · until ${when(expiresAt)}`),
    button("Revoke", () => details.run(() => change("revokeShareLink", { id }), "The link is revoked."), { label: `Revoke ${name}`, "data-keep": `link${id}` }),
  );
}
