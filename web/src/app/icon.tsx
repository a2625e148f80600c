/** The gallery's own icons, 24 by 24, drawn by strokes. */
const PATHS = {
  check: 'M5 12.5l4.5 4.5L19 7.5',
  close: 'M6 6l12 12M18 6L6 18',
  search: 'M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14M16 16l4.5 4.5',
  left: 'M14.5 5.5L8 12l6.5 6.5',
  right: 'M9.5 5.5L16 12l-6.5 6.5',
  trash: 'M4.5 7h15M9.5 7V4.5h5V7M6.5 7l1 12.5h9l1-12.5M10.5 10.5v6M13.5 10.5v6',
  restore: 'M4.5 9.5h10a5 5 0 0 1 0 10H8M4.5 9.5l4-4M4.5 9.5l4 4',
  download: 'M12 4v11.5M7 11l5 5 5-5M5 20h14',
  info: 'M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17M12 11v5.5M12 7.6v.4',
  link: 'M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 18.700l1-1',
  zoomIn: 'M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14M16 16l4.500 4.500M11 8v6M8 11h6',
  zoomOut: 'M11 4a7 7 0 1 1 0 14 7 7 0 0 1 0-14M16 16l4.500 4.500M8 11h6',
  tag: 'M4 4.500h7.500l8.500 8.500-7 7L4.500 11.500zM8 8.200v.1',
  calendar: 'M5 6h14v13.500H5zM5 10.500h14M8.500 3.500V7M15.500 3.500V7',
  sort: 'M7.500 5v14M4.500 16l3 3 3-3M13 7h7M13 12h5M13 17h3',
  photos: 'M4 5.500h16v13H4zM4 16l5-5 4 4 2.500-2.500L20 17M15 9.200v.1',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
