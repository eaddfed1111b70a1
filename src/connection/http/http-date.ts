// The Date field of answers, made once a second.

let atSec = 0;
let text = '';

/** Now, as RFC 9110, 5.6.7 wants it. */
export function httpDate(nowMs = Date.now()): string {
  const sec = Math.floor(nowMs / 1000);
  if (sec !== atSec) {
    atSec = sec;
    text = new Date(nowMs).toUTCString();
  }
  return text;
}
