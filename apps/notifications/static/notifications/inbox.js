/* <septet-inbox token="…" base="https://septet.example.com"></septet-inbox>
 *
 * Somebody's inbox in any page: a button with how many are unread, and a panel with the messages. It
 * takes no framework and no style of the page around it; colours follow the device, or the attribute
 * theme="light" or "dark". `token` is `Subscriber.inboxToken`. Text is set as text, never as HTML.
 */
const STYLE = `
  :host { --ground: #ffffff; --line: #e4e5ec; --text: #14161d; --quiet: #565b6b; --accent: #1d5cf0;
    --new: #eef3ff; display: inline-block; position: relative; font: 15px/1.45 system-ui, sans-serif;
    color-scheme: light; }
  @media (prefers-color-scheme: dark) { :host(:not([theme="light"])) { --ground: #14171f;
    --line: #2c3140; --text: #eef0f6; --quiet: #a2a8b8; --accent: #8fb0ff; --new: #1b2336;
    color-scheme: dark; } }
  :host([theme="dark"]) { --ground: #14171f; --line: #2c3140; --text: #eef0f6; --quiet: #a2a8b8;
    --accent: #8fb0ff; --new: #1b2336; color-scheme: dark; }
  * { box-sizing: border-box; }
  button { font: inherit; color: inherit; background: none; border: 1px solid transparent;
    border-radius: 8px; min-height: 2.75rem; padding: .25rem .625rem; cursor: pointer; }
  button:hover { border-color: var(--line); }
  :focus-visible { outline: 3px solid var(--accent); outline-offset: 1px; }
  #open { color: var(--text); background: var(--ground); border-color: var(--line); }
  #count { display: inline-block; min-width: 1.375rem; margin-left: .125rem; padding: 0 .375rem;
    border-radius: 1rem; background: var(--accent); color: var(--ground); font-size: .8125rem;
    font-weight: 650; text-align: center; }
  #count:empty { display: none; }
  .unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  #panel { position: absolute; z-index: 10; right: 0; top: calc(100% + .375rem); width: 24rem;
    max-width: calc(100vw - 2rem); max-height: min(32rem, 80vh); overflow: auto; color: var(--text);
    background: var(--ground); border: 1px solid var(--line); border-radius: 12px;
    box-shadow: 0 12px 32px rgb(0 0 0 / .18); }
  #panel[hidden] { display: none; }
  header { position: sticky; top: 0; display: flex; align-items: center; gap: .25rem;
    padding: .375rem .75rem; background: var(--ground); border-bottom: 1px solid var(--line); }
  h2 { flex: 1; font-size: 1rem; margin: 0; }
  ul { list-style: none; margin: 0; padding: 0; }
  li { padding: .625rem .75rem; border-bottom: 1px solid var(--line); overflow-wrap: anywhere; }
  li.unread { background: var(--new); }
  h3 { font-size: .9375rem; margin: 0; }
  li.unread h3::before { content: "● "; color: var(--accent); }
  p { margin: .125rem 0 0; color: var(--quiet); white-space: pre-line; }
  time { font-size: .8125rem; color: var(--quiet); }
  .acts { display: flex; gap: .25rem; align-items: center; margin-top: .125rem; }
  .acts time { flex: 1; }
  .acts button { color: var(--accent); font-size: .875rem; }
  #empty { padding: 1.5rem .75rem; text-align: center; }
`;
const MOST_SHOWN = 200;
/* Where events do not come through, it is looked for them so often. */
const POLL_MS = 30_000;

function made(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
}

class SeptetInbox extends HTMLElement {
  static observedAttributes = ["token", "base"];

  constructor() {
    super();
    this._messages = new Map();
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    root.adoptedStyleSheets = [sheet];
    this._count = made("span", { id: "count" });
    this._unread = made("span", { className: "unseen" });
    this._open = made("button", { id: "open", type: "button" }, "Inbox ", this._count, this._unread);
    this._open.setAttribute("aria-expanded", "false");
    this._open.setAttribute("aria-controls", "panel");
    this._list = made("ul");
    this._empty = made("p", { id: "empty" }, "Nothing is here yet.");
    const all = made("button", { type: "button" }, "Mark all read");
    const head = made("header", {}, made("h2", { id: "title" }, "Inbox"), all);
    this._panel = made("section", { id: "panel", hidden: true }, head, this._list, this._empty);
    this._panel.setAttribute("aria-labelledby", "title");
    this._said = made("div", { className: "unseen" });
    this._said.setAttribute("role", "status");
    root.append(this._open, this._panel, this._said);
    this._open.addEventListener("click", () => this._show(this._panel.hidden));
    all.addEventListener("click", () => this._mark("read", "all"));
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this._panel.hidden) {
        this._show(false);
        this._open.focus();
      }
    });
  }

  connectedCallback() {
    this._begin();
  }

  disconnectedCallback() {
    this._end();
  }

  attributeChangedCallback() {
    if (this.isConnected) this._begin();
  }

  _url(what) {
    return `${this.getAttribute("base") ?? ""}/notifications/api/inbox/${what}/${this.getAttribute("token")}`;
  }

  _begin() {
    this._end();
    this._messages.clear();
    if (!this.getAttribute("token")) return;
    this._load();
    this._events = new EventSource(this._url("events"));
    this._events.addEventListener("message", (event) => this._came(JSON.parse(event.data)));
    this._timer = setInterval(() => {
      if (this._events.readyState !== EventSource.OPEN) this._load();
    }, POLL_MS);
  }

  _end() {
    this._events?.close();
    clearInterval(this._timer);
  }

  async _load() {
    const answer = await fetch(this._url("messages"));
    if (!answer.ok) {
      this._said.textContent = "The inbox cannot be read now.";
      return;
    }
    const told = await answer.json();
    for (const message of told.messages) this._messages.set(message.id, message);
    this._draw(told.unread);
  }

  _came(message) {
    const known = this._messages.has(message.id);
    this._messages.set(message.id, message);
    if (!known) {
      this._said.textContent = `New message: ${message.subject}`;
      this.dispatchEvent(new CustomEvent("septet-message", { detail: message }));
    }
    this._load();
  }

  async _mark(verb, ids) {
    const body = new URLSearchParams({ verb, ids });
    const answer = await fetch(this._url("marks"), { method: "POST", body });
    if (!answer.ok) return;
    if (verb === "archive") this._messages.delete(ids);
    await this._load();
  }

  _show(open) {
    this._panel.hidden = !open;
    this._open.setAttribute("aria-expanded", String(open));
    if (!open) return;
    this._place();
    this._mark("seen", "all");
  }

  /* Under the button, to the left, but never beyond the edge of the window. */
  _place() {
    this._panel.style.right = "0";
    const { left } = this._panel.getBoundingClientRect();
    if (left < 8) this._panel.style.right = `${left - 8}px`;
  }

  _draw(unread) {
    this._count.textContent = unread ? (unread > 99 ? "99+" : unread) : "";
    this._unread.textContent = unread ? " unread" : "";
    const newest = [...this._messages.values()]
      .sort((one, other) => (one.sentAt < other.sentAt ? 1 : -1))
      .slice(0, MOST_SHOWN);
    const focused = this.shadowRoot.activeElement?.dataset?.key;
    this._list.replaceChildren(...newest.map((message) => this._row(message)));
    this._empty.hidden = newest.length > 0;
    // What was acted on may be gone: the keyboard goes on from the button.
    const next = focused && this.shadowRoot.querySelector(`[data-key="${focused}"]`);
    if (focused) (next ?? this._open).focus();
  }

  _row(message) {
    const shown = new Date(message.sentAt).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    const when = made("time", { dateTime: message.sentAt }, shown);
    const acts = made("div", { className: "acts" }, when);
    const act = (title, verb) => {
      const button = made("button", { type: "button" }, title);
      button.dataset.key = `${verb}-${message.id}`;
      button.setAttribute("aria-label", `${title}: ${message.subject}`);
      button.addEventListener("click", () => this._mark(verb, message.id));
      acts.append(button);
    };
    if (!message.readAt) act("Mark read", "read");
    act("Archive", "archive");
    const row = made("li", {}, made("h3", {}, message.subject));
    if (message.body) row.append(made("p", {}, message.body));
    row.append(acts);
    row.classList.toggle("unread", !message.readAt);
    return row;
  }
}

customElements.define("septet-inbox", SeptetInbox);
