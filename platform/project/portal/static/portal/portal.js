// Keeps the health of every service current, and copies the example.
const list = document.querySelector("[data-services]");

async function refresh() {
  try {
    const response = await fetch(list.dataset.services);
    for (const service of (await response.json()).services) {
      const card = list.querySelector(`[data-service="${service.name}"]`);
      card.querySelector(".dot").className = `dot ${service.health}`;
      card.querySelector("[data-health]").textContent = service.health;
    }
  } catch {
    for (const text of list.querySelectorAll("[data-health]")) text.textContent = "unknown";
  }
}

refresh();
setInterval(() => { if (!document.hidden) refresh(); }, 10000);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  const told = button.parentElement.querySelector("[data-copied]");
  try {
    await navigator.clipboard.writeText(source.textContent);
    told.textContent = "Copied";
    button.textContent = "Copied";
  } catch {
    // Without a secure context there is no clipboard: select it, so that one keystroke copies.
    getSelection().selectAllChildren(source);
    told.textContent = "Selected; press Ctrl-C";
  }
  setTimeout(() => { button.textContent = "Copy"; }, 2000);
});
