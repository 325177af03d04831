import type { RequestHandler } from 'express';
import helmet from 'helmet';
import { CSP_REPORTS } from './csp.ts';

const TWO_YEARS = 2 * 365 * 24 * 3600; // seconds

/**
 * Who may make HTML or a script's address out of text: Svelte for its own templates, ProseMirror for what is pasted (in
 * a document that runs nothing, and its schema drops what it does not know), and the page for its service worker.
 * Anybody else is stopped by the browser, whatever a mistake of ours or of a package hands over as HTML.
 */
const TRUSTED = ['svelte-trusted-html', 'ProseMirrorClipboard', 'linli-offline'];

/** The name under which answers say where reports go: `report-to`, and for browsers that know it not `report-uri`. */
const REPORTS_TO = 'csp';
export const REPORTED = `report-uri ${CSP_REPORTS}; report-to ${REPORTS_TO}`;

/** Nothing of the device but its clipboard for copying: no page of the hub asks for a camera, a place, a payment. */
const DEVICE = [
  ...['accelerometer', 'camera', 'display-capture', 'geolocation', 'gyroscope', 'hid', 'magnetometer', 'microphone'],
  ...['midi', 'payment', 'serial', 'usb', 'xr-spatial-tracking'],
]
  .map((feature) => `${feature}=()`)
  .join(', ');

/**
 * The headers of every answer (security §4.9). The policy is that of the signed-in pages: no foreign host, and no
 * inline script or style at all, so that neither a nonce nor a hash has to let one in.
 */
export function securityHeaders(origins: () => readonly string[]): RequestHandler[] {
  const sockets = (): string =>
    origins()
      .map((origin) => origin.replace(/^http/, 'ws'))
      .join(' ');
  const usual = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", 'blob:', 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'", () => sockets()], // by name too: some browsers do not take ws from 'self'
        manifestSrc: ["'self'"],
        workerSrc: ["'self'"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
        requireTrustedTypesFor: ["'script'"],
        trustedTypes: TRUSTED,
        reportUri: [CSP_REPORTS],
        reportTo: [REPORTS_TO],
      },
    },
    crossOriginEmbedderPolicy: false,
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    referrerPolicy: { policy: 'same-origin' },
    strictTransportSecurity: false,
  });
  const more: RequestHandler = (_request, response, next) => {
    response.set({ 'Permissions-Policy': DEVICE, 'Reporting-Endpoints': `${REPORTS_TO}="${CSP_REPORTS}"` });
    // Only where the hub is reached by TLS: on a plain address it would shut the door for two years.
    if (origins()[0]?.startsWith('https://') === true)
      response.set('Strict-Transport-Security', `max-age=${TWO_YEARS}; includeSubDomains`);
    next();
  };
  return [usual, more];
}
