/* Shows new mail by itself: asks for the list now and then and puts in what changed. Without it, reloading does. */
(() => {
  const every = 2000; // ms
  const parts = ["[data-inbox-count]", "[data-inbox]"];

  const refresh = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(location.href);
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of parts) {
        const [shown, fresh] = [document, page].map((where) => where.querySelector(part));
        if (fresh.innerHTML !== shown.innerHTML) shown.innerHTML = fresh.innerHTML;
      }
    } catch {
      /* the server is starting again; the next round will find it */
    }
  };

  setInterval(refresh, every);
})();
