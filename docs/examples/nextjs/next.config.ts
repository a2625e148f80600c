import type { NextConfig } from 'next';

export default {
  poweredByHeader: false,
  // Other lockfiles lie above this folder; this is an app by itself.
  turbopack: { root: import.meta.dirname },
} satisfies NextConfig;
