// The chat on gorilla/websocket, in the shape of its own example: a hub for each channel, a queue for each client,
// and a write pump that joins what is queued into one frame.
package main

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"sync"

	"github.com/gorilla/websocket"
)

type sender struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type message struct {
	Action  string  `json:"action"`
	Message string  `json:"message,omitempty"`
	Target  string  `json:"target,omitempty"`
	Channel string  `json:"channel,omitempty"`
	Count   int     `json:"count,omitempty"`
	Sender  *sender `json:"sender,omitempty"`
}

type client struct {
	conn   *websocket.Conn
	send   chan []byte
	sender *sender
	joined map[string]*hub
}

type hub struct {
	name      string
	clients   map[*client]bool
	join      chan *client
	leave     chan *client
	broadcast chan []byte
}

var (
	lock     sync.Mutex
	hubs     = map[string]*hub{}
	upgrader = websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}
)

func find(name string) *hub {
	lock.Lock()
	defer lock.Unlock()
	h := hubs[name]
	if h == nil {
		h = &hub{name, map[*client]bool{}, make(chan *client), make(chan *client), make(chan []byte)}
		hubs[name] = h
		go h.run()
	}
	return h
}

func encode(m message) []byte {
	text, err := json.Marshal(m)
	if err != nil {
		log.Fatal(err)
	}
	return text
}

func (h *hub) run() {
	for {
		select {
		case c := <-h.join:
			h.clients[c] = true
			h.deliver(encode(message{Action: "presence", Channel: h.name, Count: len(h.clients)}))
		case c := <-h.leave:
			delete(h.clients, c)
		case text := <-h.broadcast:
			h.deliver(text)
		}
	}
}

// The example closes a client whose queue is full; here the hub waits, as every delivery is counted.
func (h *hub) deliver(text []byte) {
	for c := range h.clients {
		c.send <- text
	}
}

func (c *client) readPump() {
	defer func() {
		for _, h := range c.joined {
			h.leave <- c
		}
		close(c.send)
		c.conn.Close()
	}()
	for {
		_, text, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(text, &m) != nil {
			return
		}
		if m.Action == "join-channel" {
			h := find(m.Message)
			c.joined[m.Message] = h
			h.join <- c
		} else if h := c.joined[m.Target]; h != nil {
			m.Sender = c.sender
			h.broadcast <- encode(m)
		}
	}
}

func (c *client) writePump() {
	for text := range c.send {
		w, err := c.conn.NextWriter(websocket.TextMessage)
		if err != nil {
			continue // keep emptying the queue until the reader closes it
		}
		w.Write(text)
		for n := len(c.send); n > 0; n-- {
			w.Write([]byte{'\n'})
			w.Write(<-c.send)
		}
		w.Close()
	}
}

func main() {
	http.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		id := make([]byte, 16)
		rand.Read(id)
		from := &sender{hex.EncodeToString(id), r.URL.Query().Get("name")}
		c := &client{conn, make(chan []byte, 256), from, map[string]*hub{}}
		go c.writePump()
		go c.readPump()
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Args[1], nil))
}
