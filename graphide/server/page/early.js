// Before anything is drawn: the theme that was chosen here, if one was.
{
  const theme = localStorage.getItem("graphide.theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
}
