/** The matching rule of the hub's own tables. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createMatchingRule } from '../../../server/domain/participant/matching-rule.ts'
import { ROOT } from '../../checks/files.ts'

const table = (name: string): never =>
  JSON.parse(readFileSync(join(ROOT, 'capability/rules', `${name}.json`), 'utf8')) as never

export const MATCHING = createMatchingRule(table('matching'), table('nicknames'))
