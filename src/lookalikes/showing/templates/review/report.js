// In the report: the one review of the page, and the cards above it as links to its filters.

const root = document.querySelector(".lk-review");
const facts = JSON.parse(root.querySelector(".lk-facts").textContent);
if (facts.clusters.id.length) {
  start(root, facts, openBrowserStore(facts.run.name));
  for (const link of document.querySelectorAll("a[data-view]")) link.setAttribute("href", VIEW + link.dataset.view);
}
