/** Where files and orders are, as an app answers it. */
import type { Item } from '../../src/domain/items/item';

export async function itemsOf(url: string, query: Readonly<Record<string, string>>): Promise<readonly Item[]> {
  const answer = await fetch(`${url}/v1/items?${new URLSearchParams(query).toString()}`);
  if (!answer.ok) throw new Error(`/v1/items answered ${answer.status}: ${await answer.text()}`);
  return ((await answer.json()) as { items: Item[] }).items;
}

/** The latest of those that are found so, as soon as it is in that state. Asked again and again: notes are written beside the work. */
export async function itemInState(
  url: string,
  query: Readonly<Record<string, string>>,
  state: Item['state'],
): Promise<Item> {
  for (;;) {
    const [item] = await itemsOf(url, query);
    if (item?.state === state) return item;
  }
}
