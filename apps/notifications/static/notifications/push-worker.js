/* Shows what is pushed to this browser. Registered by <septet-inbox push>; a site of another origin
 * serves this file itself and names it in the attribute `worker`. */
self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data?.json() ?? {};
  } catch {
    // What is no JSON of ours is still to be shown: browsers punish a push that shows nothing.
  }
  const shown = self.registration.showNotification(told.title || "New message", {
    body: told.body || "",
    // The same again takes the place of the first.
    tag: told.id || "septet",
    data: { id: told.id },
  });
  event.waitUntil(shown);
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const go = async () => {
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    if (pages.length) return pages[0].focus();
    return self.clients.openWindow("/");
  };
  event.waitUntil(go());
});
