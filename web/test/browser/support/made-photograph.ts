import sharp from 'sharp';

/** As photographs have them. */
const SHAPES = [
  [1200, 800],
  [800, 1200],
  [1200, 900],
  [1000, 1000],
  [1600, 900],
] as const;

/** A sky, a sun and hills, of colours and of a shape that differ by the number. */
export function madePhotograph(number: number): Promise<Buffer> {
  const [width, height] = SHAPES[number % SHAPES.length] ?? SHAPES[0];
  const hue = (number * 47) % 360;
  const sun = 15 + ((number * 29) % 70);
  return sharp(
    Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 100 100" preserveAspectRatio="none">
      <defs><linearGradient id="sky" x1="0" y1="0" x2="0" y2="1">
        <stop offset="0" stop-color="hsl(${hue} 60% 35%)"/><stop offset="1" stop-color="hsl(${hue + 60} 80% 75%)"/>
      </linearGradient></defs>
      <rect width="100" height="100" fill="url(#sky)"/>
      <ellipse cx="${sun}" cy="38" rx="7" ry="9" fill="hsl(${hue + 180} 90% 85%)"/>
      <path d="M0 ${60 + (number % 7)} Q25 ${45 + (number % 11)} 50 65 T100 58 V100 H0Z" fill="hsl(${hue + 120} 30% 30%)"/>
      <path d="M0 85 Q30 ${70 + (number % 5)} 60 82 T100 78 V100 H0Z" fill="hsl(${hue + 140} 35% 18%)"/>
    </svg>`),
  )
    .jpeg({ quality: 85 })
    .toBuffer();
}
