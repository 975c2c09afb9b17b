/** The regular expressions of matches() and replaceMatches(). */

const cached = new Map<string, RegExp>()

/** R4's own rules escape characters (`\'`) that the `u` mode of JavaScript does not let them escape; then without it. */
export function regularExpression(pattern: string): RegExp {
  let made = cached.get(pattern)
  if (!made) keep(pattern, (made = create(pattern)))
  return made
}

function create(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'su')
  } catch {
    return new RegExp(pattern, 's')
  }
}

/** As the engine makes those of replaceMatches(); throws SyntaxError. */
export function everyMatch(pattern: string): RegExp {
  const name = `every ${pattern}`
  let made = cached.get(name)
  if (!made) keep(name, (made = new RegExp(pattern, 'gu')))
  return made
}

function keep(name: string, made: RegExp): void {
  if (cached.size > 1000) cached.clear()
  cached.set(name, made)
}
