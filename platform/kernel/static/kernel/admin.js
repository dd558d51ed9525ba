// Names what the theme leaves nameless, so that a screen reader can tell one from the other.
document.addEventListener("DOMContentLoaded", () => {
  // Runs before SimpleBar, which makes a named region of each of these.
  const regions = [
    ["#nav-sidebar-apps", "Pages of the back office"],
    ["#changelist-form [data-simplebar], .result-list-wrapper [data-simplebar]", "Rows"],
    ["#changelist-filter [data-simplebar]", "Filters"],
    ["#command-results, [x-on\\:htmx\\:after-swap][data-simplebar]", "Search results"],
  ];
  for (const [selector, name] of regions) {
    for (const region of document.querySelectorAll(selector)) region.dataset.simplebarAriaLabel = name;
  }
  // Filters stand right under the title of the page.
  for (const head of document.querySelectorAll("#changelist-filter h3")) head.ariaLevel = "2";
  // In a table of forms the column's head is the only label there is.
  for (const cell of document.querySelectorAll("[data-inline-type] td[data-label]")) {
    for (const field of cell.querySelectorAll("input, select, textarea")) {
      if (!field.labels?.length) field.setAttribute("aria-label", cell.dataset.label);
    }
  }
  // What scrolls in its place does so by keyboard, too.
  const reach = () => {
    for (const table of document.querySelectorAll(".readonly > .septet-table")) {
      const box = table.parentElement;
      if (box.scrollWidth > box.clientWidth) box.setAttribute("tabindex", "0");
      else box.removeAttribute("tabindex");
    }
  };
  reach();
  window.addEventListener("resize", reach);
  for (const head of document.querySelectorAll("th")) {
    if (head.textContent.trim() || head.querySelector("input")) continue;
    head.insertAdjacentHTML("beforeend", '<span class="septet-sr">Actions</span>');
  }
});
