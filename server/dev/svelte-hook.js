// Development only: lets tsx load the .svelte files that the server renders.
import { register } from 'node:module';

register('./svelte-load.js', import.meta.url);
