"""etcdbench: will etcd be healthy on this disk?"""
