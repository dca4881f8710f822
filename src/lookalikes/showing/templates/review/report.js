// In the report: the one review of the page, and the cards and tables around it as links into it.

const root = document.querySelector(".lk-review");
const facts = JSON.parse(root.querySelector(".lk-facts").textContent);
if (facts.clusters.id.length) {
  start(root, facts, openBrowserStore(facts.run.name));
  for (const link of document.querySelectorAll("a[data-view]")) link.setAttribute("href", VIEW + link.dataset.view);
  const drawn = new Set(facts.clusters.id.map(String));
  for (const cell of document.querySelectorAll("[data-cluster]")) {
    const { textContent } = cell;
    const href = `${VIEW}cluster=${textContent}`;
    if (drawn.has(textContent)) cell.replaceChildren(make("a", { href, textContent }));
  }
}
