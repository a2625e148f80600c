/** Vite takes stylesheets in where they are imported. */
declare module '*.css';
