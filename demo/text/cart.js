/** A shopping cart whose total is always what its lines add up to. */
export class Cart {
  #lines = new Map();

  /** Puts so many of an article into the cart, on top of those that are there. */
  add(article, quantity = 1) {
    const line = this.#lines.get(article.id) ?? { article, quantity: 0 };
    this.#lines.set(article.id, { article, quantity: line.quantity + quantity });
  }

  /** In cents, with the discount for ten or more of one article. */
  total() {
    let cents = 0;
    for (const { article, quantity } of this.#lines.values())
      cents += Math.round(article.cents * quantity * (quantity >= 10 ? 0.9 : 1));
    return cents;
  }
}
