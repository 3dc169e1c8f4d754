/** Styles are bundled by the build; TypeScript only has to know that they can be imported. */
declare module '*.css';
