// The server's clock. <html data-now> is its time when the page was made; from there the monotonic clock of the
// browser carries on, so a wrong or changed clock on the desk makes no difference. The live stream corrects us again.
const navigation = performance.getEntriesByType("navigation")[0];
let serverAt = Date.parse(document.documentElement.dataset.now ?? "") || Date.now();
let measuredAt = navigation?.responseStart ?? 0;

export function now() {
  return serverAt + (performance.now() - measuredAt);
}

export function correct(iso) {
  const instant = Date.parse(iso ?? "");
  if (!Number.isFinite(instant)) return;
  serverAt = instant;
  measuredAt = performance.now();
}

/** Wall time in Shanghai, "14:26:18" ("14:26" without seconds). */
export function wall(instant = now(), seconds = true) {
  return new Date(instant + 8 * 3600e3).toISOString().slice(11, seconds ? 19 : 16);
}

/** "0:48" or "1:02:03" for a length in milliseconds. */
export function length(milliseconds) {
  const total = Math.max(0, Math.floor(milliseconds / 1000));
  const pad = (n) => String(n).padStart(2, "0");
  const h = Math.floor(total / 3600), m = Math.floor((total % 3600) / 60), s = total % 60;
  return h ? `${h}:${pad(m)}:${pad(s)}` : `${m}:${pad(s)}`;
}
