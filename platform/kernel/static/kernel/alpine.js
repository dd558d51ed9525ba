// Lets the theme's components work by Alpine's CSP build, which runs no code out of attributes: it reads
// simple expressions there, and calls what is registered here.
document.addEventListener("alpine:init", () => {
  // What expressions of the theme call. All but `page` are functions of the theme's own app.js.
  Alpine.data("theme", (...chosen) => ({ ...theme(...chosen), sortRecords, moveRecords }));
  Alpine.data("searchForm", searchForm);
  Alpine.data("searchDropdown", () => ({ ...searchDropdown(), ...dropdownByKeys }));
  Alpine.data("searchCommand", () => ({ ...searchCommand(), selectByEnter }));
  Alpine.data("page", page);

  // Expressions that are more than it reads, in words that it does.
  for (const [selector, attribute, expression] of [
    ["[x-on\\:click^='sidebarDesktopOpen =']", "x-on:click", "toggleSidebar()"],
    ["[x-ref='searchInput'][x-on\\:focus]", "x-on:focus", "begin()"],
    ["[x-ref='searchInput'][x-on\\:keydown\\.escape\\.prevent]", "x-on:keydown.escape.prevent", "leave()"],
    ["#search-input-command", "x-on:keydown.enter.prevent", "selectByEnter($event)"],
    ["form[x-bind\\:action]", "x-bind:action", "address()"],
    ["#changelist-actions", "x-bind:style", "{ width: changeListWidth + 'px' }"],
  ]) {
    for (const element of document.querySelectorAll(selector)) element.setAttribute(attribute, expression);
  }
});

/** The whole page: which tab is shown, and whether the sidebar is. */
function page(firstTab) {
  const kept = localStorage.getItem("sidebarDesktopOpen");
  return {
    activeTab: getCurrentTab() || firstTab,
    sidebarMobileOpen: false,
    sidebarDesktopOpen: kept === null || kept === "1",
    // Where a form of this page is sent, so that it comes back to the same tab.
    address() {
      const tab = this.activeTab && this.activeTab !== "general" ? `#${this.activeTab}` : "";
      return location.pathname + location.search + tab;
    },
    toggleSidebar() {
      this.sidebarDesktopOpen = !this.sidebarDesktopOpen;
      localStorage.setItem("sidebarDesktopOpen", this.sidebarDesktopOpen ? "1" : "0");
    },
  };
}

const dropdownByKeys = {
  begin() {
    this.openSearchResults = true;
    this.currentIndex = 0;
  },
  leave() {
    this.openSearchResults = false;
    const field = this.$refs.searchInput;
    if (field.value === "") field.blur();
    else field.value = "";
  },
};

function selectByEnter(event) {
  if (event.metaKey || event.ctrlKey) return;
  if (this.currentIndex) return this.selectItem(false);
  // Nothing is chosen yet: a page of all that is called so.
  const text = event.target.value.trim();
  const here = new URL(event.target.getAttribute("hx-get"), location.href);
  if (text) location.href = new URL(`../find/?${new URLSearchParams({ text })}`, here).href;
}
