// Empties what the site keeps in this browser; where storage is off, it ends here.
const stores = [localStorage, sessionStorage];
const button = document.querySelector("[data-forget]");
button.hidden = false;
button.onclick = () => {
  for (const store of stores) store.clear();
  button.nextElementSibling.textContent = button.dataset.forget;
};
