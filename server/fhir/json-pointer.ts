/** JSON Pointers: `/name/0/family`. https://www.rfc-editor.org/rfc/rfc6901 */

/** The segments of a pointer, unescaped; undefined for a text that is none, or that names `__proto__`. */
export function segmentsOf(text: string): readonly string[] | undefined {
  if (text === '') return []
  if (!text.startsWith('/') || /~(?![01])/.test(text)) return undefined
  const segments = text
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
  return segments.includes('__proto__') ? undefined : segments
}

export const pointerText = (segments: readonly string[]): string =>
  segments.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
