// Leaves the mark by which public pages show staff their links, and takes it away at logout.
try {
  if (document.getElementById("user-tools")) localStorage.setItem("headword-staff", "1");
  document.getElementById("logout-form")?.addEventListener("submit", () => {
    localStorage.removeItem("headword-staff");
  });
} catch {
  // Without storage, staff find their entries through the admin alone.
}
