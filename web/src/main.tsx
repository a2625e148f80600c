import { render } from 'preact';
import { App } from './app/app.tsx';

const root = document.getElementById('gallery');
if (root) render(<App />, root);
