// Every administrator's page: where one is stands in view, what is wrong is read first, and the
// account's menu closes as menus do.

const here = document.querySelector(".manage-nav [aria-current]");
if (here) {
  const nav = here.parentElement;
  nav.scrollLeft = here.offsetLeft - nav.offsetLeft - (nav.clientWidth - here.offsetWidth) / 2;
}

const wrong = document.querySelector("main .form-wrong");
if (wrong) {
  wrong.tabIndex = -1;
  wrong.focus();
}

const menu = document.querySelector(".account-menu");
menu?.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu.open) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});
document.addEventListener("click", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});
