"""Learning to learn: users are tasks; the only room that imports learn2learn."""
