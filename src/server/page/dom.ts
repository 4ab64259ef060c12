/** Small helpers for the document. */

type Child = Node | string;

/** The element with this id; the page's markup has it. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  return document.getElementById(id) as E;
}

/** A new element with properties (`aria-*` and `data-*` become attributes) and children. */
export function make<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Record<string, unknown> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (/^(aria|data)-|^(role|for)$/.test(name)) element.setAttribute(name, String(value));
    else Object.assign(element, { [name]: value });
  }
  element.append(...children);
  return element;
}

/** A copy of the `<template>` with this id. */
export function fromTemplate(id: string): DocumentFragment {
  return byId<HTMLTemplateElement>(id).content.cloneNode(true) as DocumentFragment;
}

/** What went wrong, in words. */
export const explain = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Tells people who listen. */
export function announce(text: string): void {
  byId('status').textContent = text;
}

/** A theme's colour, as the style sheet says it now. */
export function colour(name: string, element: Element = document.documentElement): string {
  return getComputedStyle(element).getPropertyValue(`--${name}`).trim();
}
