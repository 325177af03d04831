/**
 * The headless parts that bring their own weight (focus scopes, layers, placing). They are loaded by the piece that
 * needs them the first time it opens, so that a room's first message does not wait for a menu; the roof fetches them
 * once the page is at rest, so that they are there when the line is not.
 */
export { Dialog, DropdownMenu } from 'bits-ui';
