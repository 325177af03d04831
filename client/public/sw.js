// Lets the app open without a network. It keeps the page's shell and its built files, and nothing that belongs to a
// person: whatever is not named here passes by untouched. It knows no build, so it hardly ever changes itself: a new
// build is noticed by the files its page names, and kept once all of them are here.
const SHELL = 'linli-shell-1';
const ASSETS = 'linli-assets-1';
const PATIENCE = 4000; // ms until a network that says nothing counts as none
const NOT_OURS = /^\/(api|socket\.io|collab|public|healthz|readyz|metrics)(\/|$)/;
const LOOSE = /^\/(look\.js|icon[\w-]*\.(svg|png)|manifest\.webmanifest)$/;

self.addEventListener('install', (event) => {
  event.waitUntil(
    fetch('/', { cache: 'no-cache' })
      .then(keep)
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(names.filter((name) => ![SHELL, ASSETS].includes(name)).map((n) => caches.delete(n))),
      )
      .then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin || NOT_OURS.test(pathname)) return;
  if (request.mode === 'navigate' && !/\.\w+$/.test(pathname)) event.respondWith(page(event));
  else if (pathname.startsWith('/assets/')) event.respondWith(asset(request));
  else if (LOOSE.test(pathname)) event.respondWith(fetch(request).catch(() => caches.match(pathname)));
});

/** The network first, so that a new build is there at once; the kept shell if it fails or takes too long. */
async function page(event) {
  const kept = await caches.match('/', { cacheName: SHELL });
  const fresh = fetch(event.request).then((response) => {
    if (response.ok && !response.redirected) event.waitUntil(keep(response.clone()).catch(() => undefined));
    return response;
  });
  if (kept === undefined) return fresh;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, kept));
  return Promise.race([fresh.catch(() => kept), late]);
}

/** A built file carries its hash in its name: once here, never asked for again. */
async function asset(request) {
  const assets = await caches.open(ASSETS);
  const kept = await assets.match(request.url);
  if (kept !== undefined) return kept;
  const response = await fetch(request);
  if (response.ok) await assets.put(request.url, response.clone());
  return response;
}

const named = (text, pattern) => [...new Set([...text.matchAll(pattern)].map(([, path]) => path))];
const namedByPage = (html) =>
  named(html, /(?:src|href)="(\/[^"]+)"/g).filter((p) => /^\/assets\//.test(p) || LOOSE.test(p));

/** Keeps a shell with everything it names, and the pages its scripts load later; the last build's files stay one more time. */
async function keep(response) {
  if (!response.ok || !(response.headers.get('content-type') ?? '').includes('text/html')) return;
  const [shell, assets] = await Promise.all([caches.open(SHELL), caches.open(ASSETS)]);
  const old = await shell.match('/');
  const files = namedByPage(await response.clone().text());
  const oldFiles = old === undefined ? [] : namedByPage(await old.text());
  if (files.join() === oldFiles.join()) return;
  const later = [];
  for (const path of files) {
    const file = await (path.startsWith('/assets/') ? asset(new Request(path)) : fetch(path));
    if (!file.ok) throw new Error(`${path} ${file.status}`); // a shell without its files would not open
    if (!path.startsWith('/assets/')) await shell.put(path, file.clone());
    else if (path.endsWith('.js')) later.push(...named(await file.text(), /["'/](assets\/[\w.-]+\.(?:js|css))["']/g));
  }
  await shell.put('/', response);
  await Promise.allSettled(later.map((path) => asset(new Request(`/${path}`))));
  if (oldFiles.length === 0) return;
  const wanted = new Set([...files, ...oldFiles, ...later.map((path) => `/${path}`)]);
  for (const { url } of await assets.keys()) if (!wanted.has(new URL(url).pathname)) await assets.delete(url);
}
