/** The regular expressions of matches(). */

const known = new Map<string, RegExp>()

/** R4's own rules escape characters (`\'`) that the `u` mode of JavaScript does not let them escape; then without it. */
export function regularExpression(pattern: string): RegExp {
  let made = known.get(pattern)
  if (!made) {
    made = create(pattern)
    if (known.size > 1000) known.clear()
    known.set(pattern, made)
  }
  return made
}

function create(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'su')
  } catch {
    return new RegExp(pattern, 's')
  }
}
