// Lets everything happen that can happen without the passing of virtual time: phases are asynchronous.

export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
