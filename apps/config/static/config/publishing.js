// Publishing the draft, proposing it, and what is done where somebody else was faster.
import { announce, ask, button, h } from "./dom.js";
import { nearest } from "./findings.js";

export class Publishing {
  /** `definition` gives the draft as JSON, `take` puts another in its place. */
  constructor(form, { urls, base, builder, findings, definition, take }) {
    Object.assign(this, { form, urls, base, builder, findings, definition, take });
    this.said = form.querySelector("[data-said]");
    this.reason = form.querySelector("[name=reason]");
    this.moment = form.querySelector("[name=apply_at]");
    const zone = form.querySelector("[data-zone]");
    if (zone) zone.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#act(event.submitter?.value ?? "publish");
    });
  }

  /** Whether it can be published at all; whoever tries is told why not by the server. */
  settled(errors) {
    this.form.querySelector("[data-errors]").textContent = errors ? `${errors} to be mended before it can be published.` : "";
  }

  async #act(how) {
    const sent = { definition: this.definition(), base: this.base, reason: this.reason.value };
    if (how === "schedule") {
      if (!this.moment.value) return this.#refuse("Say when it is to be published.", this.moment);
      // The browser's own time zone, which is named beside the field.
      sent.applyAt = new Date(this.moment.value).toISOString();
    }
    if (how !== "publish") sent.submit = how !== "draft";
    this.form.setAttribute("aria-busy", "true");
    const answer = await ask(how === "publish" ? this.urls.publish : this.urls.propose, sent);
    this.form.removeAttribute("aria-busy");
    if (answer.go) {
      window.removeEventListener("beforeunload", leaving);
      location.assign(answer.go);
    } else if (answer.conflict) this.#conflict(answer);
    else this.#refused(answer.error);
  }

  #refuse(message, field = null) {
    this.said.replaceChildren(h("p", { class: "config-refused" }, message));
    (field ?? this.said).focus();
  }

  #refused(error) {
    if (error.findings) this.findings.show(error.findings);
    this.#refuse(`Nothing was changed: ${error.message}.`);
  }

  /** Tell what others have published, and offer what both changes together are. */
  #conflict({ number, author, reason, at, differences, merged, conflicts }) {
    const joined = (text) => () => {
      this.take(text);
      this.base = number;
      this.said.replaceChildren(h("p", {}, `This is made from version ${number} now. Look at it, and publish it.`));
      this.said.focus();
      announce(`The draft is made from version ${number} now.`);
    };
    this.said.replaceChildren(
      h("h4", {}, `Version ${number} was published meanwhile`),
      h("p", {}, `By ${author}, ${at}${reason ? `: ${reason}` : ""}. Nothing of yours was published.`),
      h("table", { class: "septet-table" },
        h("caption", { class: "septet-sr" }, "What they changed"),
        h("thead", {}, h("tr", {}, ["place", "before", "now"].map((one) => h("th", { scope: "col" }, one)))),
        h("tbody", {}, differences.map((one) => this.#difference(one, conflicts)))),
      conflicts.length > 0 &&
        h("p", { class: "config-refused" }, `Both changed ${conflicts.join(", ")}: there, theirs stays in what is joined.`),
      h("div", { class: "config-row" },
        merged !== null && button(conflicts.length ? "Take both, theirs where they meet" : "Take both changes together", joined(merged), { kind: "config-primary" }),
        button("Keep mine over theirs", joined(this.definition()))),
    );
    this.said.focus();
  }

  #difference({ place, before, after }, conflicts) {
    const where = nearest(this.builder, place)?.dataset.where;
    return h("tr", { class: conflicts.includes(place) ? "config-wrong" : "" },
      h("td", {}, where ? `${where} ` : "", h("code", { class: "config-pointer" }, place || "/")),
      h("td", {}, h("code", {}, before ?? "nothing")), h("td", {}, h("code", {}, after ?? "nothing")));
  }
}

/** Ask before a draft is left behind. */
export function leaving(event) {
  event.preventDefault();
}
