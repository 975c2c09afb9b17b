/** The forms of `samples/scenarios/stories/forms`: resources with blanks, `{{name}}`. What stays blank is left out. */
import { readFileSync } from 'node:fs'
import type { Blanks } from './read-story.ts'

const FOLDER = new URL('../../samples/scenarios/stories/forms/', import.meta.url)

type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json }

/** The resource of a form with its blanks filled in. Throws for a blank that the form does not have. */
export function filledForm(name: string, blanks: Blanks): Json {
  const text = readFileSync(new URL(`${name}.form`, FOLDER), 'utf8')
  for (const blank of blanks.keys())
    if (!text.includes(`{{${blank}}}`)) throw new Error(`the form \`${name}\` has no blank \`${blank}\``)
  return filled(JSON.parse(text) as Json, blanks) ?? {}
}

/** The value with its blanks filled in; undefined where one of them stays blank. */
function filled(value: Json, blanks: Blanks): Json | undefined {
  if (typeof value === 'string') return filledText(value, blanks)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) {
    const items = (value as readonly Json[]).map((one) => filled(one, blanks)).filter((one) => one !== undefined)
    return items.length > 0 ? items : undefined
  }
  // A part of which nothing is filled in, or not its value (an identifier without its number), is left out as a whole.
  const isLeftOut = [value, (value as { readonly value?: Json }).value ?? ''].some((part) => isBlank(part, blanks))
  if (isLeftOut) return undefined
  const members = Object.entries(value).map(([name, one]) => [name, filled(one, blanks)] as const)
  return Object.fromEntries(members.filter((member): member is readonly [string, Json] => member[1] !== undefined))
}

/** Does it have blanks, none of which is filled in? */
function isBlank(value: Json, blanks: Blanks): boolean {
  const names = namesIn(JSON.stringify(value))
  return names.length > 0 && !names.some((name) => blanks.has(name))
}

const namesIn = (text: string): readonly string[] => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name = '']) => name)

function filledText(text: string, blanks: Blanks): Json | undefined {
  const names = namesIn(text)
  if (names.some((name) => !blanks.has(name))) return undefined
  const full = text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => blanks.get(name) ?? '')
  return names.length > 0 && (full === 'true' || full === 'false') ? full === 'true' : full
}

/** The text with what is remembered in place of `{{name}}`. Throws for a name that nothing has set yet. */
export function fill(text: string, remembered: Blanks): string {
  return text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = remembered.get(name)
    if (value === undefined) throw new Error(`nothing has set \`${name}\` yet`)
    return value
  })
}
