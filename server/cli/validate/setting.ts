/** What the command was asked to check against; plain data, so that it can be handed to other threads. */
import path from 'node:path'
import { readBesides } from '../../definitions/besides.ts'
import { loadDefinitions } from '../../definitions/load.ts'
import { createValidator, type Rules } from '../../validate/create.ts'
import { createJudge, type Judge } from './judge.ts'

export type Setting = {
  readonly rules: Rules
  readonly profiles: readonly string[]
  /** Folders of definitions besides the hub's own. */
  readonly definitions: readonly string[]
}

const OWN = path.join(import.meta.dirname, '..', '..', '..')

/** Throws DefinitionFault for a definition that cannot be used. */
export async function judgeFor({ rules, profiles, definitions }: Setting): Promise<Judge> {
  const besides = (await Promise.all(definitions.map(readBesides))).flat()
  return createJudge(createValidator(await loadDefinitions(OWN, { besides }), { rules }), profiles)
}
