// JSONP: the answer wrapped into a call of a function that the page names.

/** What SRS 5 allows, too. Anything else could smuggle script into the page (CVE-2024-29882). */
const SAFE_CALLBACK = /^[A-Za-z0-9._-]{1,128}$/;

/** With JSONP a page can only GET, so the query may name the method. */
const OVERRIDES: ReadonlySet<string> = new Set(['GET', 'PUT', 'POST', 'DELETE']);

/** A name that is nothing but a name. */
export function isSafeCallback(name: string): boolean {
  return SAFE_CALLBACK.test(name);
}

/** The method that a request means: `method` of its query, if it asks for JSONP. */
export function methodOf(realMethod: string, query: Readonly<Record<string, string | undefined>>): string {
  const { callback = '', method = '' } = query;
  return callback !== '' && OVERRIDES.has(method) ? method : realMethod;
}
