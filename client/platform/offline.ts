/**
 * Lets the app open without a network, by `/sw.js`: in built pages and secure contexts only. A browser that refuses
 * loses nothing but that.
 */
export async function registerOffline(): Promise<void> {
  if (import.meta.env.MODE !== 'production' || !isSecureContext || !('serviceWorker' in navigator)) return;
  try {
    await navigator.serviceWorker.register(scriptUrl('/sw.js'), { updateViaCache: 'none' });
  } catch {
    // Private mode, a policy of the office: the page works with a network.
  }
}

interface TrustedTypes {
  createPolicy: (
    name: string,
    rules: { createScriptURL: (url: string) => string },
  ) => {
    createScriptURL: (url: string) => string;
  };
}

let trusted: string | undefined;

/**
 * Where the page demands trusted types, a script's address needs a policy: this one lets through one address. Made once:
 * the page's policy takes no second one of the same name, and whoever signs in registers again.
 */
function scriptUrl(url: '/sw.js'): string {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  trusted ??= trustedTypes?.createPolicy('linli-offline', { createScriptURL: () => url }).createScriptURL(url) ?? url;
  return trusted;
}
