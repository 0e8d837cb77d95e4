// The access key while a person is signed in. It is kept in the tab's session storage and nowhere else: it survives a reload,
// no other tab sees it, and it is gone when the tab closes.

const NAME = 'bluerose-access-key';

/** The key of this tab; null when nobody is signed in. */
export function restore() {
  try {
    const { id, secret } = JSON.parse(sessionStorage.getItem(NAME)) ?? {};
    return id && secret ? { id, secret } : null;
  } catch {
    return null; // storage is switched off, or holds something else
  }
}

/** Keeps a key until the tab closes. */
export function keep(key) {
  try {
    sessionStorage.setItem(NAME, JSON.stringify(key));
  } catch {
    // Storage is switched off: the key lasts as long as the page.
  }
}

/** Forgets the key. */
export function forget() {
  try {
    sessionStorage.removeItem(NAME);
  } catch {
    // There was nothing to forget.
  }
}

/**
 * Why this page cannot sign calls; empty when it can. Browsers give WebCrypto to pages of HTTPS and of this machine alone.
 * @param {{secure: boolean, host: string, port: string}} where
 */
export function whyInsecure({ secure, host, port }) {
  if (secure) return '';
  const at = port || '80';
  return `Your browser signs calls only on HTTPS pages and on pages of this machine, and this page came over plain HTTP from ${host}. `
    + `Either give Bluerose a certificate (--tls-cert or --acme-host) and open this page with https://, or forward the port, `
    + `ssh -L ${at}:127.0.0.1:${at} ${host}, and open http://127.0.0.1:${at}/console/.`;
}
