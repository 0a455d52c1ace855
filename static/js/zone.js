// Free times are shown in the visitor's own zone, unless they chose one: then this is not loaded.
const { zone } = document.querySelector("[data-zone]")?.dataset ?? {};
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && own && own !== zone) {
  const address = new URL(location);
  address.searchParams.set("zone", own);
  location.replace(address);
}
