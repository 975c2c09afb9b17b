/** Memberships: which agency, from when until when. The same shape as search's Audience, computed here. */

/** `from` and `until` are instants (ms); absent = open. Half-open: from <= now < until. */
export type Membership = { readonly agency: string; readonly from?: number; readonly until?: number }

/** One list without doubles: periods of one agency that touch are joined; sorted, so that equal lists are equal text. */
export function joined(memberships: readonly Membership[]): readonly Membership[] {
  if (memberships.length === 0) return memberships
  const sorted = memberships
    .filter((one) => start(one) < end(one))
    .sort((a, b) => compare(a.agency, b.agency) || start(a) - start(b) || end(a) - end(b))
  const result: Membership[] = []
  for (const next of sorted) {
    const last = result.at(-1)
    if (!last || last.agency !== next.agency || start(next) > end(last)) result.push(next)
    else result[result.length - 1] = membership(last.agency, start(last), Math.max(end(last), end(next)))
  }
  return result
}

/** Who is in every one of the lists, and while they are in all of them. Of no list: nobody. */
export function common(lists: readonly (readonly Membership[])[]): readonly Membership[] {
  const [first = [], ...others] = lists
  return joined(others.reduce<readonly Membership[]>((kept, list) => kept.flatMap((one) => overlaps(one, list)), first))
}

/** The memberships without the times that the others cover: who is in the first list and not in the second. */
export function without(memberships: readonly Membership[], others: readonly Membership[]): readonly Membership[] {
  return joined(
    others.reduce<readonly Membership[]>((kept, other) => kept.flatMap((one) => cut(one, other)), memberships),
  )
}

/** What is left of a membership before and after another one of the same agency. */
function cut(one: Membership, other: Membership): readonly Membership[] {
  if (one.agency !== other.agency || end(other) <= start(one) || end(one) <= start(other)) return [one]
  return [membership(one.agency, start(one), start(other)), membership(one.agency, end(other), end(one))].filter(
    (rest) => start(rest) < end(rest),
  )
}

/** Is the agency in the list at this instant (ms)? */
export const isMember = (memberships: readonly Membership[], agency: string, at: number): boolean =>
  memberships.some((one) => one.agency === agency && start(one) <= at && at < end(one))

function overlaps(one: Membership, list: readonly Membership[]): Membership[] {
  return list
    .filter((other) => other.agency === one.agency)
    .map((other) => membership(one.agency, Math.max(start(one), start(other)), Math.min(end(one), end(other))))
    .filter((both) => start(both) < end(both))
}

function membership(agency: string, from: number, until: number): Membership {
  return { agency, ...(from > -Infinity ? { from } : {}), ...(until < Infinity ? { until } : {}) }
}

const start = (one: Membership): number => one.from ?? -Infinity
const end = (one: Membership): number => one.until ?? Infinity
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
