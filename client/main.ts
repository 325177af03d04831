import { mount } from 'svelte';
import App from './App.svelte';
import { registerOffline } from '#client/platform/offline.ts';
import './styles/tokens.css';
import './styles/base.css';

const target = document.getElementById('app');
if (target === null) throw new Error('index.html has no #app');
mount(App, { target });
// After the page itself, so that keeping it for later never delays showing it now.
addEventListener('load', () => void registerOffline(), { once: true });
