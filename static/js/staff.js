// Pages are the same bytes for everyone; staff see their links because the admin left a mark
// in this browser (admin.js sets it, logging out removes it).
try {
  if (localStorage.getItem("headword-staff")) {
    for (const part of document.querySelectorAll(".staff-only")) part.hidden = false;
  }
} catch {
  // Storage is switched off: then there is no mark either.
}
