/** Units of UCUM as factors of base units, as far as answers are compared by them. https://ucum.org/ucum */

/** How many of the base units it is, and which: `km/h` is 1/3.6 of {m: 1, s: -1}. */
export type Scale = { readonly factor: number; readonly of: Readonly<Record<string, number>> }

const PREFIXES: Readonly<Record<string, number>> = {
  ...{ Y: 1e24, Z: 1e21, E: 1e18, P: 1e15, T: 1e12, G: 1e9, M: 1e6, k: 1e3, h: 1e2, da: 1e1 },
  ...{ d: 1e-1, c: 1e-2, m: 1e-3, u: 1e-6, n: 1e-9, p: 1e-12, f: 1e-15, a: 1e-18, z: 1e-21, y: 1e-24 },
}

/** Units that take a prefix. */
const METRIC: Readonly<Record<string, Scale>> = {
  m: { factor: 1, of: { m: 1 } },
  g: { factor: 1, of: { g: 1 } },
  s: { factor: 1, of: { s: 1 } },
  K: { factor: 1, of: { K: 1 } },
  A: { factor: 1, of: { A: 1 } },
  cd: { factor: 1, of: { cd: 1 } },
  mol: { factor: 1, of: { mol: 1 } },
  l: { factor: 1e-3, of: { m: 3 } },
  L: { factor: 1e-3, of: { m: 3 } },
  Hz: { factor: 1, of: { s: -1 } },
  N: { factor: 1e3, of: { g: 1, m: 1, s: -2 } },
  Pa: { factor: 1e3, of: { g: 1, m: -1, s: -2 } },
  J: { factor: 1e3, of: { g: 1, m: 2, s: -2 } },
  W: { factor: 1e3, of: { g: 1, m: 2, s: -3 } },
  cal: { factor: 4184, of: { g: 1, m: 2, s: -2 } },
  bit: { factor: 1, of: { bit: 1 } },
  By: { factor: 8, of: { bit: 1 } },
}

/** Units that take none. */
const PLAIN: Readonly<Record<string, Scale>> = {
  '1': { factor: 1, of: {} },
  '%': { factor: 0.01, of: {} },
  min: { factor: 60, of: { s: 1 } },
  h: { factor: 3600, of: { s: 1 } },
  d: { factor: 86_400, of: { s: 1 } },
  wk: { factor: 604_800, of: { s: 1 } },
  mo: { factor: 2_629_800, of: { s: 1 } },
  a: { factor: 31_557_600, of: { s: 1 } },
  t: { factor: 1e6, of: { g: 1 } },
  '[in_i]': { factor: 0.0254, of: { m: 1 } },
  '[ft_i]': { factor: 0.3048, of: { m: 1 } },
  '[yd_i]': { factor: 0.9144, of: { m: 1 } },
  '[mi_i]': { factor: 1609.344, of: { m: 1 } },
  '[oz_av]': { factor: 28.349523125, of: { g: 1 } },
  '[lb_av]': { factor: 453.59237, of: { g: 1 } },
}

/** Reads products and quotients of units (`mg/dL`, `m2`, `10*3/uL`); undefined for what the tables do not have. */
export function scaleOf(code: string): Scale | undefined {
  // Annotations in braces say nothing of size.
  const text = code.replace(/\{[^{}]*\}/g, '') || '1'
  if (!/^\/?[^./]+([./][^./]+)*$/.test(text)) return undefined
  let factor = 1
  const of: Record<string, number> = {}
  for (const [, sign, term] of text.matchAll(/([./]?)([^./]+)/g)) {
    const scale = termScale(term as string)
    if (!scale) return undefined
    const power = sign === '/' ? -1 : 1
    factor *= scale.factor ** power
    for (const [base, count] of Object.entries(scale.of)) of[base] = (of[base] ?? 0) + count * power
  }
  return { factor, of }
}

function termScale(term: string): Scale | undefined {
  const ten = /^10[*^]([+-]?\d{1,2})$/.exec(term)
  if (ten) return { factor: 10 ** Number(ten[1]), of: {} }
  const [, name = '', exponent = '1'] = /^(.*?[^\d+-])([+-]?\d)?$/.exec(term) ?? [term, term]
  const atom = atomScale(name)
  if (!atom) return undefined
  const power = Number(exponent)
  const of = Object.fromEntries(Object.entries(atom.of).map(([base, count]) => [base, count * power]))
  return { factor: atom.factor ** power, of }
}

function atomScale(name: string): Scale | undefined {
  const plain = own(PLAIN, name) ?? own(METRIC, name)
  if (plain) return plain
  for (const length of [1, 2]) {
    const [prefix, unit] = [own(PREFIXES, name.slice(0, length)), own(METRIC, name.slice(length))]
    if (prefix !== undefined && unit) return { factor: prefix * unit.factor, of: unit.of }
  }
  return undefined
}

const own = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined

/** Do they measure the same? */
export function isCommensurable(one: Scale, other: Scale): boolean {
  const bases = new Set([...Object.keys(one.of), ...Object.keys(other.of)])
  return [...bases].every((base) => (one.of[base] ?? 0) === (other.of[base] ?? 0))
}
